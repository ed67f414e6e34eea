import Glibc
package import KubeModel

/// The clock on the wall, read at the edge and handed inwards.
package enum WallClock {
    package static func now() -> Timestamp {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(seconds: Int64(time.tv_sec), nanoseconds: Int32(time.tv_nsec))
    }

    /// Seconds since 1970 as RFC 3339 has them.
    package static func text(seconds: Int64) -> String { Timestamp(seconds: seconds).description }
}
