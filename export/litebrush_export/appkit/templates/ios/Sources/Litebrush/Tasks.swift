private let likelyAbove: UInt8 = 127

extension Network {
    /// A better photograph of (R, G, B).
    public func restore(_ photo: Picture, noiseLevel: Double? = nil) throws -> Picture {
        try requireTask(.restore)
        let tiled = TiledNetwork(self)
        let level = try told(noiseLevel, tiled.signature)
        return try through(tiled, [tiled.signature.input(.image).name: photo], blank(photo, 3), level)
    }

    /// Fills in where the mask is above 127; every other pixel stays.
    public func inpaint(_ photo: Picture, mask: Picture) throws -> Picture {
        try requireTask(.inpaint)
        try require(
            mask.height == photo.height && mask.width == photo.width && mask.channels == 1,
            "the mask is of \(mask.width)x\(mask.height) pixels, the photo of \(photo.width)x\(photo.height)")
        let tiled = TiledNetwork(self)
        let missing = Picture(
            height: mask.height, width: mask.width, channels: 1, bytes: mask.bytes.map { $0 > likelyAbove ? 255 : 0 })
        let guessed = PyramidFill.filledFromAround(photo, missing)
        let pictures = [tiled.signature.input(.image).name: guessed, tiled.signature.input(.mask).name: missing]
        var filled = try through(tiled, pictures, photo, 0, wanted: missing)
        for place in photo.bytes.indices where missing.bytes[place / 3] == 0 { filled.bytes[place] = photo.bytes[place] }
        return filled
    }

    /// A mask of one byte a pixel: 255 where damage is likelier than not.
    public func findDamage(_ photo: Picture) throws -> Picture {
        try requireTask(.detect)
        let tiled = TiledNetwork(self)
        var mask = try through(tiled, [tiled.signature.input(.image).name: photo], blank(photo, 1), 0)
        mask.bytes = mask.bytes.map { $0 > likelyAbove ? 255 : 0 }
        return mask
    }

    /// Picture `index` of a seed, of a class where there are classes.
    public func draw(seed: UInt64, index: UInt64 = 0, label: String? = nil) throws -> Picture {
        let size = latentSignature.input(.latent).count
        return try decode(Latents.latent(seed: seed, picture: index, size: size), label: label)
    }

    /// The picture of a latent.
    public func decode(_ latent: [Float], label: String? = nil) throws -> Picture {
        try requireTask(.generate, .autoencode)
        try require(
            label.map(model.labels.contains) ?? model.labels.isEmpty,
            "'\(model.name)' cannot draw \(label ?? "without a label"); it draws \(model.labels.joined(separator: ", "))")
        let signature = latentSignature
        var inputs: [String: Values] = [:]
        for tensor in signature.inputs {
            var values = Values(tensor.format, count: tensor.count)
            for place in 0..<tensor.count {
                values[place] = tensor.role == .latent ? latent[place] : model.labels[place] == label ? 1 : 0
            }
            inputs[tensor.name] = values
        }
        let output = signature.output(.image)
        let values = try run(signature, inputs)[output.name]!
        let bytes = (0..<output.count).map { output.byte(of: values[$0]) }
        return Picture(height: output.height, width: output.width, channels: 3, bytes: bytes)
    }

    /// The latent of a picture of the network's own size.
    public func encode(_ picture: Picture) throws -> [Float] {
        try requireTask(.autoencode)
        let signature = model.signatures.first { $0.has(.image) }!
        let input = signature.input(.image)
        try require(
            picture.height == input.height && picture.width == input.width,
            "the picture is of \(picture.width)x\(picture.height) pixels; '\(model.name)' takes \(input.width)x\(input.height)")
        var values = Values(input.format, count: input.count)
        for place in 0..<input.count { values[place] = input.real(of: Double(picture.bytes[place])) }
        let output = signature.output(.latent)
        let found = try run(signature, [input.name: values])[output.name]!
        return (0..<output.count).map { found[$0] }
    }

    private var latentSignature: Signature { model.signatures.first { $0.has(.latent) }! }

    private func blank(_ photo: Picture, _ channels: Int) -> Picture {
        Picture(height: photo.height, width: photo.width, channels: channels)
    }

    private func through(
        _ tiled: TiledNetwork, _ pictures: [String: Picture], _ start: Picture, _ noiseLevel: Double,
        wanted: Picture? = nil
    ) throws -> Picture {
        var (result, none) = (start, [String: MemoryField]())
        try tiled.run(pictures, into: &result, following: &none, noiseLevel: noiseLevel, wanted: wanted)
        return result
    }

    fileprivate func requireTask(_ tasks: Task...) throws {
        try require(tasks.contains(model.task), "'\(model.name)' is a model of task \(model.task), not \(tasks)")
    }

    /// The noise level that a network is told; none for one that is not.
    fileprivate func told(_ noiseLevel: Double?, _ signature: Signature) throws -> Double {
        guard signature.has(.noiseLevel) else {
            try require(noiseLevel == nil, "a noise level was given to '\(model.name)', which takes none")
            return 0
        }
        let highest = signature.input(.noiseLevel).highest
        try require(
            noiseLevel.map { (0...highest).contains($0) } ?? false,
            "'\(model.name)' must be told a noise level from 0 to \(highest)")
        return noiseLevel!
    }
}

/// A video, frame after frame, with what is remembered of those before it; a frame of another size begins anew.
public final class Stream {
    private let network: Network
    private let tiled: TiledNetwork
    private let noiseLevel: Double
    private var size: (Int, Int) = (0, 0)
    private var states: [String: MemoryField] = [:]

    public init(_ network: Network, noiseLevel: Double? = nil) throws {
        try network.requireTask(.restoreSequence)
        self.network = network
        tiled = TiledNetwork(network)
        self.noiseLevel = try network.told(noiseLevel, tiled.signature)
    }

    public func next(_ frame: Picture) throws -> Picture {
        if size != (frame.height, frame.width) {
            size = (frame.height, frame.width)
            states = tiled.zeroStates(frame.height, frame.width)
        }
        var restored = Picture(height: frame.height, width: frame.width, channels: 3)
        var following = tiled.zeroStates(frame.height, frame.width)
        let pictures = [tiled.signature.input(.image).name: frame]
        try tiled.run(pictures, into: &restored, states: states, following: &following, noiseLevel: noiseLevel)
        states = following
        return restored
    }
}
