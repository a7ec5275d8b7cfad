// For Android Studio: builds the AAR. Maven builds and tests the same sources (pom.xml).
pluginManagement {
    repositories {
        google()
        mavenCentral()
        gradlePluginPortal()
    }
}

dependencyResolutionManagement {
    repositories {
        google()
        mavenCentral()
    }
}

rootProject.name = "farthing-kotlin"
include(":farthing", ":farthing-android")
