// For Android Studio: open this folder. The SDK's modules are built from the same checkout. `cargo xtask sample android`
// builds and plays the same sources with Maven.
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
    versionCatalogs {
        create("libs") { from(files("../bindings/kotlin/gradle/libs.versions.toml")) }
    }
}

rootProject.name = "farthing-sample"
include(":app")
for (module in listOf("farthing", "farthing-android")) {
    include(":$module")
    project(":$module").projectDir = file("../bindings/kotlin/$module")
}
