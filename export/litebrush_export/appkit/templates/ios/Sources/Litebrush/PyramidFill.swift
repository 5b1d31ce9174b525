private let nothingKnown: UInt8 = 128

/// Missing pixels guessed from those around them, where an inpainting network begins: whole numbers, as in Python.
enum PyramidFill {
    /// A copy of a photo of (R, G, B) in which pixels where the mask is not 0 are guessed from those around them.
    static func filledFromAround(_ photo: Picture, _ mask: Picture) -> Picture {
        var filled = photo
        if mask.bytes.allSatisfy({ $0 == 0 }) { return filled }
        if !mask.bytes.contains(0) {
            filled.bytes = filled.bytes.map { _ in nothingKnown }
            return filled
        }
        let (half, halfMask) = halved(photo, mask)
        let coarse = filledFromAround(half, halfMask)
        for place in mask.bytes.indices where mask.bytes[place] != 0 {
            let (y, x) = (place / mask.width, place % mask.width)
            let (top, bottom) = (y / 2 * coarse.width, farNeighbour(y, coarse.height) * coarse.width)
            let (left, right) = (x / 2, farNeighbour(x, coarse.width))
            for channel in 0..<3 {
                func at(_ row: Int, _ column: Int) -> Int { Int(coarse.bytes[(row + column) * 3 + channel]) }
                let nearRow: Int = 9 * at(top, left) + 3 * at(top, right)
                let farRow: Int = 3 * at(bottom, left) + at(bottom, right)
                filled.bytes[3 * place + channel] = UInt8((nearRow + farRow + 8) / 16)
            }
        }
        return filled
    }

    /// The mean of the known pixels of each 2x2 block, halves rounded up, and the blocks that have none.
    private static func halved(_ photo: Picture, _ mask: Picture) -> (Picture, Picture) {
        var half = Picture(height: (photo.height + 1) / 2, width: (photo.width + 1) / 2, channels: 3)
        var halfMask = Picture(height: half.height, width: half.width, channels: 1)
        for place in halfMask.bytes.indices {
            let (top, left) = (place / half.width * 2, place % half.width * 2)
            var known: [Int] = []
            for y in top..<min(top + 2, photo.height) {
                for x in left..<min(left + 2, photo.width) where mask.bytes[y * photo.width + x] == 0 {
                    known.append(y * photo.width + x)
                }
            }
            halfMask.bytes[place] = known.isEmpty ? 255 : 0
            for channel in 0..<3 where !known.isEmpty {
                let total = known.reduce(0) { $0 + Int(photo.bytes[3 * $1 + channel]) }
                half.bytes[3 * place + channel] = UInt8((total + known.count / 2) / known.count)
            }
        }
        return (half, halfMask)
    }

    /// The coarse pixel next to the one that a pixel lies in, on the side where it lies.
    private static func farNeighbour(_ place: Int, _ side: Int) -> Int {
        min(max(place / 2 + (place % 2 == 1 ? 1 : -1), 0), side - 1)
    }
}
