<?xml version="1.0" encoding="UTF-8"?>
<!-- The app's manifest with what a library's declares: a permission that the app doesn't name itself, and the parts of
     the application. Gradle's plugin does that, and more, for Android Studio. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
                xmlns:android="http://schemas.android.com/apk/res/android">
  <xsl:param name="package"/>
  <xsl:param name="library"/>
  <xsl:variable name="declared" select="document($library)/manifest"/>
  <xsl:variable name="app" select="/manifest"/>

  <xsl:template match="/manifest">
    <manifest package="{$package}" android:versionCode="1" android:versionName="0.1.0">
      <xsl:copy-of select="@*"/>
      <uses-sdk android:minSdkVersion="26" android:targetSdkVersion="34"/>
      <xsl:for-each select="$declared/*[not(self::application)]">
        <xsl:variable name="name" select="@android:name"/>
        <xsl:if test="not($app/*[@android:name = $name])">
          <xsl:copy-of select="."/>
        </xsl:if>
      </xsl:for-each>
      <xsl:apply-templates select="*"/>
    </manifest>
  </xsl:template>

  <xsl:template match="application">
    <xsl:copy>
      <xsl:copy-of select="$declared/application/@*"/>
      <xsl:copy-of select="@*"/>
      <xsl:copy-of select="$declared/application/*"/>
      <xsl:apply-templates select="*"/>
    </xsl:copy>
  </xsl:template>

  <xsl:template match="*">
    <xsl:copy-of select="."/>
  </xsl:template>
</xsl:stylesheet>
