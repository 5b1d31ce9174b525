/// One tile along one axis: the first pixel that it reads, and those of the result that are taken from it.
public struct Span: Equatable, Sendable {
    public let start, keepStart, keepStop: Int

    public init(_ start: Int, _ keepStart: Int, _ keepStop: Int) {
        (self.start, self.keepStart, self.keepStop) = (start, keepStart, keepStop)
    }
}

/// Cutting a picture so that the results of the pieces meet without a seam.
public enum Tiling {
    /// As few tiles of one length as possible, each at least a halo from its cuts.
    public static func planAxis(length: Int, tile: Int, halo: Int, alignment: Int) -> [Span] {
        let padded = roundUp(length, alignment)
        if padded <= tile { return [Span(0, 0, length)] }
        let overlap = roundUp(2 * halo, alignment)
        let count = (padded - overlap + tile - overlap - 1) / (tile - overlap)
        let starts = (0..<count).map { min($0 * (tile - overlap), padded - tile) }
        let cuts = [0] + starts.dropFirst().map { $0 + halo } + [length]
        return starts.indices.map { Span(starts[$0], cuts[$0], cuts[$0 + 1]) }
    }

    /// Which of a picture's rows or columns a place beyond its end shows: reflection, the edge repeated.
    public static func reflected(_ place: Int, _ length: Int) -> Int {
        let within = place % (2 * length)
        return within < length ? within : 2 * length - 1 - within
    }

    private static func roundUp(_ length: Int, _ multiple: Int) -> Int { (length + multiple - 1) / multiple * multiple }
}
