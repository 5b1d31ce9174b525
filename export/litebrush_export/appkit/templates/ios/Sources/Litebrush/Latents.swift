/// Latents that are the same on every machine: a function of (seed, picture, place).
public enum Latents {
    /// The first words of a picture's stream (Philox-4x32-10).
    public static func randomWords(seed: UInt64, picture: UInt64, count: Int) -> [UInt32] {
        var words: [UInt32] = []
        for block in 0..<UInt32((count + 3) / 4) {
            let counter = [block, 0, UInt32(truncatingIfNeeded: picture), UInt32(picture >> 32)]
            words += philox(counter, UInt32(truncatingIfNeeded: seed), UInt32(seed >> 32))
        }
        return Array(words.prefix(count))
    }

    private static func philox(_ start: [UInt32], _ firstKey0: UInt32, _ firstKey1: UInt32) -> [UInt32] {
        var (counter, key0, key1) = (start, firstKey0, firstKey1)
        for _ in 0..<10 {
            let product0 = UInt32(0xD251_1F53).multipliedFullWidth(by: counter[0])
            let product1 = UInt32(0xCD9E_8D57).multipliedFullWidth(by: counter[2])
            counter = [product1.high ^ counter[1] ^ key0, product1.low, product0.high ^ counter[3] ^ key1, product0.low]
            key0 &+= 0x9E37_79B9
            key1 &+= 0xBB67_AE85
        }
        return counter
    }

    /// An even number of words as standard normal values (Box and Muller), the same bits as Python's.
    public static func normalValues(_ words: [UInt32]) -> [Float] {
        stride(from: 0, to: words.count, by: 2).flatMap { place -> [Float] in
            let (one, other) = normalPair(words[place], words[place + 1])
            return [Float(one), Float(other)]
        }
    }

    /// Of + - * / and squareRoot alone, which IEEE 754 rounds in one way only.
    private static func normalPair(_ a: UInt32, _ b: UInt32) -> (Double, Double) {
        var m = (Double(a) + 0.5) / 4294967296.0
        var halvings = 0.0
        while m < 0.7071067811865476 {
            m = m * 2
            halvings = halvings + 1
        }
        let s = (m - 1) / (m + 1)
        var p = 1.0
        for t in stride(from: 10.0, through: 1.0, by: -1.0) {
            let product: Double = s * s * p * (2 * t - 1)
            p = 1 + product / (2 * t + 1)
        }
        let logarithm: Double = 2 * s * p / 0.6931471805599453
        let radius: Double = (2 * 0.6931471805599453 * (halvings - logarithm)).squareRoot()

        let turned = b &+ (1 << 29)
        let x: Double = (Double(turned & 0x3FFF_FFFF) - 536870912.0) * (3.141592653589793 / 2147483648.0)
        var c = 1.0
        var d = 1.0
        for t in stride(from: 8.0, through: 1.0, by: -1.0) {
            let cosine: Double = x * x * c / (2 * t * (2 * t - 1))
            let sine: Double = x * x * d / (2 * t * (2 * t + 1))
            c = 1 - cosine
            d = 1 - sine
        }
        let u: Double = radius * c
        let v: Double = radius * (x * d)
        switch turned >> 30 {
        case 0: return (u, v)
        case 1: return (-v, u)
        case 2: return (-u, -v)
        default: return (v, -u)
        }
    }

    /// What a picture is drawn from.
    public static func latent(seed: UInt64, picture: UInt64, size: Int) -> [Float] {
        Array(normalValues(randomWords(seed: seed, picture: picture, count: size + size % 2)).prefix(size))
    }
}
