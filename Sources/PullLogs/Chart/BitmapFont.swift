/// Letters for pictures without a font: the printable characters of ASCII, 5 dots wide, 7 above the base line and 2
/// below.
enum BitmapFont {
    static let width = 5
    /// Rows above the base line.
    static let ascent = 7

    /// Nine rows from the top, in each the leftmost dot in the highest of five bits. Other characters are a box.
    static func rows(of scalar: Unicode.Scalar) -> ArraySlice<UInt8> {
        guard (0x20...0x7E).contains(scalar.value) else { return box[...] }
        let start = Int(scalar.value - 0x20) * box.count
        return glyphs[start..<start + box.count]
    }

    private static let box: [UInt8] = [31, 17, 17, 17, 17, 17, 31, 0, 0]

    /// A digit of base 32 for each row.
    private static let glyphs: [UInt8] = written.utf8.compactMap { byte in
        switch byte {
        case 48...57: byte - 48
        case UInt8(ascii: "a")...UInt8(ascii: "v"): byte - UInt8(ascii: "a") + 10
        default: nil
        }
    }

    /// From the blank to the tilde, eight characters a line.
    private static let written =
        "000000000 444440400 aa0000000 aavavaa00 4fke5u400 pp248jj00 cik8lid00 440000000 "
        + "248884200 842224800 04lel4000 044v44000 00000cc48 000e00000 00000cc00 11248gg00 "
        + "ehjlphe00 4c4444e00 eh1248v00 eh161he00 26aiv2200 vgu11he00 68guhhe00 v12444400 "
        + "ehhehhe00 ehhf12c00 0cc0cc000 0cc00cc48 248g84200 00v0v0000 842124800 eh1240400 "
        + "ehnlnge00 ehhvhhh00 uhhuhhu00 ehggghe00 uhhhhhu00 vgguggv00 vgguggg00 ehgnhhf00 "
        + "hhhvhhh00 e44444e00 72222ic00 hikokih00 ggggggv00 hrllhhh00 hppljjh00 ehhhhhe00 "
        + "uhhuggg00 ehhhlid00 uhhukih00 fgge11u00 v44444400 hhhhhhe00 hhhhha400 hhhllrh00 "
        + "hha4ahh00 hha444400 v1248gv00 e88888e00 gg8421100 e22222e00 4ah000000 0000000v0 "
        + "840000000 00e1fhf00 gguhhhu00 00eggge00 11fhhhf00 00ehvge00 68s888800 00fhhhf1e "
        + "gguhhhh00 40c444e00 20622222c ggikoki00 c44444e00 00ullll00 00uhhhh00 00ehhhe00 "
        + "00uhhhugg 00fhhhf11 00moggg00 00fge1u00 88s888600 00hhhhf00 00hhha400 00hllla00 "
        + "00ha4ah00 00hhhhf1e 00v248v00 344844300 444444400 o44244o00 008l20000 "
}
