plugins {
    id("com.android.library")
    id("org.jetbrains.kotlin.android")
}

android {
    namespace = "litebrush.nnapi"
    compileSdk = 36
    defaultConfig { minSdk = 27 } // NNAPI begins there
    androidResources { noCompress += "tflite" }
    sourceSets { getByName("main").assets.srcDir("../runtime/src/main/assets") }
}

kotlin { jvmToolchain(17) }

dependencies {
    api(project(":litebrush"))
    implementation("com.google.ai.edge.litert:litert:1.4.1") // the last line that carries the NNAPI delegate
}
