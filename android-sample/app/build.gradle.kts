// The shop as an app. Its tests run under Maven (`cargo xtask test android`), with a gateway beside them.
plugins {
    alias(libs.plugins.android.application)
    alias(libs.plugins.compose)
}

android {
    namespace = "dev.farthing.sample"
    compileSdk {
        version = release(libs.versions.android.sdk.compile.get().toInt())
    }
    defaultConfig {
        applicationId = "dev.farthing.sample"
        minSdk = libs.versions.android.sdk.min.get().toInt()
        targetSdk = libs.versions.android.sdk.target.get().toInt()
        versionCode = 1
        versionName = libs.versions.farthing.get()
    }
    buildTypes {
        release {
            isMinifyEnabled = true
            isShrinkResources = true
            proguardFiles(getDefaultProguardFile("proguard-android-optimize.txt"))
        }
    }
    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_11
        targetCompatibility = JavaVersion.VERSION_11
    }
    buildFeatures {
        compose = true
    }
    androidResources {
        // Those that there are strings for.
        localeFilters += listOf("en", "de")
    }
}

dependencies {
    implementation(project(":farthing-android"))
    implementation(libs.activity.compose)
    implementation(libs.compose.foundation)
    implementation(libs.compose.material3)
    implementation(libs.compose.ui)
    implementation(libs.lifecycle.runtime.compose)
}
