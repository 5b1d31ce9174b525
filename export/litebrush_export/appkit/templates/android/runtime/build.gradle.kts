plugins {
    id("com.android.library")
    id("org.jetbrains.kotlin.android")
}

android {
    namespace = "litebrush.runtime"
    compileSdk = 36
    defaultConfig { minSdk = 24 } // of LiteRT 2.3
    androidResources { noCompress += "tflite" } // the interpreter maps the files into memory
}

kotlin { jvmToolchain(17) }

dependencies {
    api(project(":litebrush"))
    implementation("com.google.ai.edge.litert:litert:2.3.0")
    implementation("com.google.ai.edge.litert:litert-gpu:2.3.0") // without it no GPU is found
}
