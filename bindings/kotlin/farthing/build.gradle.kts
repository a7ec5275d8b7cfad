// The SDK for any JVM. `cargo xtask bindings` writes the Kotlin that calls the library.
import org.jetbrains.kotlin.gradle.dsl.JvmTarget

plugins {
    `java-library`
    alias(libs.plugins.kotlin.jvm)
}

group = "dev.farthing"
version = libs.versions.farthing.get()

val checkout = layout.projectDirectory.dir("../../..")
val generated = layout.projectDirectory.dir("target/generated-sources/uniffi")

val bindings by tasks.registering(Exec::class) {
    description = "Writes the Kotlin that calls the library."
    inputs.dir(checkout.dir("bindings/src"))
    inputs.dir(checkout.dir("core/src"))
    outputs.dir(generated)
    workingDir(checkout)
    commandLine("cargo", "xtask", "bindings")
}

kotlin {
    compilerOptions.jvmTarget = JvmTarget.JVM_11
    sourceSets.main { kotlin.srcDir(files(generated).builtBy(bindings)) }
}

java {
    sourceCompatibility = JavaVersion.VERSION_11
    targetCompatibility = JavaVersion.VERSION_11
}

dependencies {
    api(libs.coroutines.core)
    implementation(libs.jna)
}
