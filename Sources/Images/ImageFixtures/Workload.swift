// SPDX-License-Identifier: Apache-2.0

/// Sets of images by name, for the quickstart, the tests and the benchmarks.
package enum Workload: String, Sendable, CaseIterable {
    /// The five images of the migration guide's list.
    case guide
    /// One small image of every shape that registries store.
    case shapes
    /// An image with a layer that is addressed by SHA-512. Not every registry accepts it.
    case sha512
    /// 3 images × 4 unique layers of 128 MiB.
    case big
    /// One layer of 1.5 GiB.
    case huge
    /// 200 images in 200 repositories over 10 base stacks of 5 layers of 8 to 20 MiB, each plus 2 small unique layers.
    case fleet
    /// 1000 images of 3 layers of 4 to 16 KiB.
    case tiny
    /// 40 indexes × 6 platforms with attestations and referrers.
    case multiarch

    /// Makes the images. Layers are measured here and generated again when their bytes are read, so little memory is
    /// used.
    ///
    /// - Parameters:
    ///   - scale: multiplies layer sizes in `guide`, `big` and `huge`, the number of images in `tiny` and `multiarch`,
    ///     both in `fleet`, and nothing in the rest.
    ///   - variant: changes the content of the images, not their shape. `guide`, `shapes` and `sha512` ignore the
    ///     variant.
    ///   - files: the files for the layers of `guide`. Other layers are generated from seeds.
    package func images(scale: Double = 1, variant: String = "", files: FixtureFiles) throws -> [FixtureImage] {
        try seededImages(scale: scale, variant: variant)
            ?? GuideImages(files: files, scale: Scale(factor: scale)).all()
    }

    /// The same for sets that are generated from seeds; nil for `guide`.
    package func seededImages(scale: Double = 1, variant: String = "") -> [FixtureImage]? {
        let benchmark = BenchmarkImages(scale: Scale(factor: scale), variant: variant)
        return switch self {
        case .guide: nil
        case .shapes: ShapeImages.all()
        case .sha512: [ShapeImages.sha512()]
        case .big: benchmark.big()
        case .huge: benchmark.huge()
        case .fleet: benchmark.fleet()
        case .tiny: benchmark.tiny()
        case .multiarch: benchmark.multiarch()
        }
    }
}

/// The size of a workload in relation to its full size.
struct Scale {
    let factor: Double

    func bytes(mebibytes: Double) -> Int64 { max(1, Int64(mebibytes * factor * 1_048_576)) }
    func count(_ full: Int) -> Int { max(1, Int((Double(full) * factor).rounded())) }
}
