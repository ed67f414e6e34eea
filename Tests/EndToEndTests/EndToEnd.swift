import Testing

/// The real program, driven as its users drive it. One test at a time: each starts servers of its own.
@Suite("end to end", .serialized, .enabled(if: Kubectl.canRun, Kubectl.reason)) struct EndToEnd {}
