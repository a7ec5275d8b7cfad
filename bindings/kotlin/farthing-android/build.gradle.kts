// Farthing for Android as an AAR, with the library for phones. It needs the NDK, `cargo install cargo-ndk` and
// `rustup target add aarch64-linux-android armv7-linux-androideabi x86_64-linux-android`.
import javax.inject.Inject

plugins {
    alias(libs.plugins.android.library)
}

group = "dev.farthing"
version = libs.versions.farthing.get()

android {
    namespace = "dev.farthing.android"
    compileSdk {
        version = release(libs.versions.android.sdk.compile.get().toInt())
    }
    ndkVersion = libs.versions.ndk.get()
    defaultConfig {
        minSdk = libs.versions.android.sdk.min.get().toInt()
        consumerProguardFiles("consumer-rules.pro")
    }
    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_11
        targetCompatibility = JavaVersion.VERSION_11
    }
}

kotlin {
    explicitApi()
}

/** Builds the library for each kind of phone, as small as it ships. */
abstract class BuildLibrary
    @Inject
    constructor(
        private val processes: ExecOperations,
    ) : DefaultTask() {
        @get:InputFiles
        abstract val sources: ConfigurableFileCollection

        @get:Internal
        abstract val checkout: DirectoryProperty

        @get:Input
        abstract val platform: Property<String>

        @get:OutputDirectory
        abstract val libraries: DirectoryProperty

        @TaskAction
        fun build() {
            processes.exec {
                workingDir(checkout)
                // Pages of 16 KB, which newer phones have and the Play Store asks for.
                environment("RUSTFLAGS", "-C link-arg=-Wl,-z,max-page-size=16384")
                commandLine("cargo", "ndk", "--platform", platform.get(), "-o", libraries.get().asFile.path)
                args("-t", "arm64-v8a", "-t", "armeabi-v7a", "-t", "x86_64")
                args("build", "--package", "farthing-ffi", "--lib", "--profile", "size")
            }
        }
    }

val buildLibrary by tasks.registering(BuildLibrary::class) {
    checkout = layout.projectDirectory.dir("../../..")
    sources.from(listOf("bindings", "core", "protocol", "seal").map { checkout.dir("$it/src") })
    platform = libs.versions.android.sdk.min
    libraries = layout.buildDirectory.dir("jniLibs")
}

androidComponents.onVariants { variant ->
    variant.sources.jniLibs?.addGeneratedSourceDirectory(buildLibrary, BuildLibrary::libraries)
}

dependencies {
    // JNA's AAR has the library for phones, its jar the one for desktops.
    api(project(":farthing")) { exclude(group = "net.java.dev.jna", module = "jna") }
    implementation(variantOf(libs.jna) { artifactType("aar") })
    implementation(libs.coroutines.android)
}
