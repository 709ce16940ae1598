// SPDX-License-Identifier: Apache-2.0

package import OCI

/// What is wrong with an archive.
package enum ArchiveProblem: Error, CustomStringConvertible {
    case header
    /// A field of an entry's headers has an impossible value.
    case field(_ field: String, of: String, shown: String)
    case cut
    case missing(String)
    /// Two entries with the same name.
    case duplicate(String)
    /// An entry or a hard link whose name points outside of the image.
    case outside(String)
    /// A hard link whose content is in no layer.
    case link(String, to: String, LostContent)
    case manifest(String)
    /// The number of layers differs from the number of the config's diff IDs.
    case layerCount(Int, inConfig: Int)
    /// A layer whose diff ID differs from the config's.
    case diffID(layer: String, found: Digest, inConfig: Digest)
    /// No image with this tag.
    case noImage(String)
    /// The archive has several images, and none was chosen.
    case severalImages

    /// Why a hard link has no content.
    package enum LostContent: String, Sendable {
        case missing = "which no layer below has"
        case removed = "which its layer or one below it has removed"
        case folder = "which is a folder"
    }

    package var description: String {
        switch self {
        case .header: "archive/tar: invalid tar header"
        case .field(let field, let entry, let value):
            "archive/tar: invalid tar header: entry \"\(entry.displayable(limit: 200))\": the field \"\(field)\" is "
                + "\"\(value.displayable(limit: 64))\"" + (field == "size" ? ", expected 0 to 16 TiB" : "")
        case .cut: "unexpected EOF"
        case .missing(let name): "file \(name.displayable) not found in tar"
        case .duplicate(let name): "duplicate file path: \(name.displayable)"
        case .outside(let name): "the entry \"\(name.displayable)\" leads out of the image"
        case .link(let name, let target, let loss):
            "the hard link \"\(name.displayable)\" shares the content of \"\(target.displayable)\", \(loss.rawValue)"
        case .noImage(let tag): "tag \(tag.displayable) not found in tarball"
        case .severalImages:
            "tarball must contain only a single image to be used with tarball.Image"
        case .layerCount(let found, let named):
            "the image has \(found) layers, its config has diff IDs of \(named)"
        case .diffID(let layer, let found, let named):
            "the layer \(layer.displayable) has the diff ID \(found), the config says \(named)"
        case .manifest(let reason): "manifest.json cannot be read: \(reason.displayable)"
        }
    }
}
