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

rootProject.name = "litebrush"

// An app takes :runtime, or on old devices :nnapi; never both, for they bring different versions of the same classes.
include(":litebrush", ":runtime", ":nnapi")
