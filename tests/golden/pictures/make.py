"""Writes oddities.npz: odd but whole pictures ("file/NAME", the bytes) and what Pillow reads from them ("pixels/NAME", [H, W, 4]).

Run with Debian's python3: /usr/bin/python3 make.py. Made with numpy 1.24.2 and Pillow 9.4.0 (python3-numpy, python3-pil).
Pictures of formats that are refused stand under "other/NAME".
Of 16 bits the upper eight are taken, as Pillow does where it reads such pictures in 8 bits (RGB, RGBA, grey with opacity).
"""
import io
import os
import struct
import zlib

import numpy as np
from PIL import Image, ImageCms

os.chdir(os.path.dirname(os.path.abspath(__file__)))

y, x = np.mgrid[0:11, 0:19]
colour = np.stack([x * 13, y * 23, (x * y * 3) % 256, 255 - x * 12], -1).astype(np.uint8)
rgb, rgba, grey = Image.fromarray(colour[..., :3]), Image.fromarray(colour), Image.fromarray(colour[..., 0])
wide = Image.fromarray(np.kron(colour[..., :3], np.ones((2, 2, 1), np.uint8)))
out = {}


def save(image, kind, **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def add(name, data, read=None):
    if read is None:
        read = Image.open(io.BytesIO(data))
        read.load()
    if read.mode.startswith("I"):      # 16-bit grey alone stays at 16 bits in Pillow
        read = Image.fromarray((np.asarray(read).astype(np.uint32) >> 8).astype(np.uint8))
    out["file/" + name] = np.frombuffer(data, np.uint8)
    pixels = np.array(read.convert("RGBA"))
    if name.endswith(".gif"):          # a colour under no opacity is not kept: nobody sees it
        pixels[pixels[..., 3] == 0] = 0
    out["pixels/" + name] = pixels


# ---------------------------------------------------------------- PNG: chunks before the pixels that say how to show them
def chunk(name, content):
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def with_chunks(png, *chunks):
    return png[:33] + b"".join(chunks) + png[33:]      # after IHDR


modes = {
    "rgb": rgb, "rgba": rgba, "grey": grey, "grey_alpha": rgba.convert("LA"), "palette": rgb.quantize(20),
    "deep": Image.fromarray((x * 3400 + y).astype(np.uint16)),
}
red_green_blue = (31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)
chrm = chunk(b"cHRM", struct.pack(">8I", *red_green_blue))
other_chrm = chunk(b"cHRM", struct.pack(">8I", 34570, 35850, 73470, 26530, 11520, 82640, 15660, 1770))
srgb = chunk(b"sRGB", b"\0")
profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
iccp = chunk(b"iCCP", b"any\0\0" + zlib.compress(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()))
iccp_other = chunk(b"iCCP", b"any\0\0" + zlib.compress(profile))
iccp_damaged = chunk(b"iCCP", b"any\0\0" + zlib.compress(b"no profile"))
sbit = chunk(b"sBIT", b"\5\6\5")
for mode, image in modes.items():
    png = save(image, "PNG")
    for gamma in (1, 10000, 45455, 50000, 55556, 100000, 220000, 1000000):
        add(f"{mode}_gamma_{gamma}.png", with_chunks(png, chunk(b"gAMA", struct.pack(">I", gamma))))
    add(f"{mode}_chrm.png", with_chunks(png, other_chrm))
    add(f"{mode}_gamma_chrm.png", with_chunks(png, chunk(b"gAMA", struct.pack(">I", 55556)), other_chrm))
    add(f"{mode}_srgb.png", with_chunks(png, srgb, chunk(b"gAMA", struct.pack(">I", 45455)), chrm))
    add(f"{mode}_iccp.png", with_chunks(png, iccp if mode in ("rgb", "rgba", "palette") else iccp_damaged))
png = save(rgb, "PNG")
add("rgb_iccp_lab.png", with_chunks(png, iccp_other))
add("rgb_iccp_damaged.png", with_chunks(png, iccp_damaged))
add("rgb_sbit_gamma.png", with_chunks(png, sbit, chunk(b"gAMA", struct.pack(">I", 100000))))
add("rgb_background_gamma.png", with_chunks(save(rgba, "PNG"), chunk(b"gAMA", struct.pack(">I", 100000)), chunk(b"bKGD", b"\0\1\0\2\0\3")))

# ---------------------------------------------------------------- PNG that Pillow reads and does not write: 16 bits, interlaced, a colour cut out
GREY, RGB, PALETTE, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6
PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def png_of(values, kind, *chunks, interlaced=False):
    """A PNG file of [H, W, channels], uint8 or big-endian uint16."""
    height, width, _ = values.shape
    parts = [values[top::down, left::right] for left, top, right, down in PASSES] if interlaced else [values]
    rows = b"".join(b"\0" + row.tobytes() for part in parts if part.size for row in part)
    header = struct.pack(">IIBBBBB", width, height, 8 * values.itemsize, kind, 0, 0, int(interlaced))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + b"".join(chunks) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


deep = (colour.astype(np.uint16) * 257 + 12345 * y[..., None].astype(np.uint16)).astype(">u2")
for name, channels, kind in (("grey", [0], GREY), ("grey_alpha", [0, 3], GREY_ALPHA), ("rgb", [0, 1, 2], RGB), ("rgba", [0, 1, 2, 3], RGBA)):
    for interlaced in (False, True):
        end = "_interlaced" if interlaced else ""
        add(f"deep_{name}{end}.png", png_of(deep[..., channels], kind, interlaced=interlaced))
        add(f"{name}{end}_plain.png", png_of(np.ascontiguousarray(colour[..., channels]), kind, interlaced=interlaced))
add("rgb_cut_out.png", png_of(np.ascontiguousarray(colour[..., :3]), RGB, chunk(b"tRNS", struct.pack(">HHH", *map(int, colour[3, 4, :3])))))
add("grey_cut_out.png", png_of(np.ascontiguousarray(colour[..., :1]), GREY, chunk(b"tRNS", struct.pack(">H", int(colour[3, 4, 0])))))
add("palette_opacities.png", png_of(
    (colour[..., :1] // 64).copy(), PALETTE, chunk(b"PLTE", bytes(range(12))), chunk(b"tRNS", b"\xff\0\x80")))

# ---------------------------------------------------------------- JPEG: the ways to store colours
for name, subsampling in (("4_4_4", 0), ("4_2_2", 1), ("4_2_0", 2)):
    for progressive in (False, True):
        add(f"{name}{'_progressive' if progressive else ''}.jpg", save(wide, "JPEG", quality=85, subsampling=subsampling, progressive=progressive))
odd_size = Image.fromarray(np.kron(colour[:9, :, :3], np.ones((3, 3, 1), np.uint8)))
add("odd_size.jpg", save(odd_size, "JPEG", quality=85))
add("optimized.jpg", save(wide, "JPEG", quality=85, optimize=True))
add("coarse.jpg", save(wide, "JPEG", quality=5))
add("exact.jpg", save(wide, "JPEG", quality=100, subsampling=0))
add("profile.jpg", save(wide, "JPEG", icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()))
plain = save(wide, "JPEG", quality=85)
tables = plain.find(b"\xff\xc4")
add("no_tables.jpg", plain[:tables] + plain[plain.find(b"\xff\xda"):])       # the frames of films: everybody takes the standard's codes
turned = Image.Exif()
turned[0x0112] = 6                                  # the orientation is noted and not applied, in Pillow too
add("turned.jpg", save(wide, "JPEG", exif=turned.tobytes()))

# ---------------------------------------------------------------- JPEG: what decoders warn about and no pixel depends on
JFIF = b"\xff\xe0\x00\x10JFIF\0"


def segments(jpeg):
    """Offset of each header segment after SOI, and of what follows the first SOS."""
    at, places = 2, []
    while jpeg[at + 1] != 0xDA:
        places.append(at)
        at += 2 + struct.unpack(">H", jpeg[at + 2:at + 4])[0]
    return places + [at]


def scans(jpeg):
    """Offsets of the SOS markers."""
    at, places = 2, []
    while True:
        marker = jpeg[at + 1]
        if marker == 0xD9:
            return places, at
        length = struct.unpack(">H", jpeg[at + 2:at + 4])[0]
        if marker == 0xDA:
            places.append(at)
        at += 2 + length
        if marker == 0xDA:
            while jpeg[at] != 0xFF or jpeg[at + 1] in (0, *range(0xD0, 0xD8)):
                at += 1


def replaced(data, at, new):
    return data[:at] + new + data[at + len(new):]


def sequential_end(jpeg, first, last, shift):
    places, _ = scans(jpeg)
    at = places[0]
    length = struct.unpack(">H", jpeg[at + 2:at + 4])[0]
    return replaced(jpeg, at + 2 + length - 3, bytes([first, last, shift]))


jpegs = {
    "baseline": save(wide, "JPEG", quality=80), "grey": save(grey, "JPEG", quality=80), "progressive": save(wide, "JPEG", quality=70, progressive=True),
    "cmyk": save(wide.convert("CMYK"), "JPEG", quality=80), "full": save(wide, "JPEG", quality=90, subsampling=0),
}
for name, jpeg in jpegs.items():
    stray = b"\x00\x12\x34"
    if jpeg[2:].startswith(JFIF):
        add(f"{name}_jfif_2_01.jpg", replaced(jpeg, 11, b"\2\1"))
        add(f"{name}_jfif_0_00.jpg", replaced(jpeg, 11, b"\0\0"))
    if name != "progressive":
        add(f"{name}_end_0.jpg", sequential_end(jpeg, 0, 0, 0))
        add(f"{name}_scan_1_5_12.jpg", sequential_end(jpeg, 1, 5, 0x12))
    for number, place in list(enumerate(segments(jpeg)))[1:]:        # three bytes are the signature
        add(f"{name}_stray_{number}.jpg", jpeg[:place] + stray + jpeg[place:])
    borders = [0, *segments(jpeg)[1:], len(jpeg)]
    add(f"{name}_stray_everywhere.jpg", (stray + b"\xff\x00").join(jpeg[a:b] for a, b in zip(borders, borders[1:])))
    places, end = scans(jpeg)
    add(f"{name}_stray_before_the_end.jpg", jpeg[:end] + b"\x00" * 7 + jpeg[end:])
    add(f"{name}_trailer.jpg", jpeg + b"\xff\xd8trailer")
    add(f"{name}_fill_bytes.jpg", jpeg[:end] + b"\xff\xff\xff" + jpeg[end:])
    if name == "progressive":
        add("progressive_stray_between_scans.jpg", jpeg[:places[2]] + stray + jpeg[places[2]:])
adobe = jpegs["cmyk"].find(b"Adobe")
add("cmyk_transform_7.jpg", replaced(jpegs["cmyk"], adobe + 11, b"\7"))
several = sequential_end(replaced(jpegs["baseline"], 11, b"\2\1"), 0, 0, 0)
add("several_oddities.jpg", several[:20] + b"\0\1\2" + several[20:])

# ---------------------------------------------------------------- WebP: animations give their first frame
frames = [Image.fromarray(np.roll(colour, 3 * n, 1)) for n in range(3)]
add("animated.webp", save(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True))
add("animated_lossy.webp", save(frames[0], "WEBP", save_all=True, append_images=frames[1:], quality=80))
add("animated_opaque.webp", save(frames[0].convert("RGB"), "WEBP", save_all=True, append_images=[f.convert("RGB") for f in frames[1:]], quality=80))
add("animated_small.webp", save(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True, minimize_size=True, allow_mixed=True))


def u24(n):
    return struct.pack("<I", n)[:3]


def riff(name, content):
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


def animation(frames, size, opacity):
    """Frames [(webp file of one picture, left, top)] on a canvas; left and top are even."""
    body = b"WEBP" + riff(b"VP8X", bytes([2 | (16 if opacity else 0), 0, 0, 0]) + u24(size[0] - 1) + u24(size[1] - 1)) + riff(b"ANIM", b"\x40\x80\xc0\xff\0\0")
    for file, left, top in frames:
        width, height = Image.open(io.BytesIO(file)).size
        chunks = file[12:]
        if chunks.startswith(b"VP8X"):
            chunks = chunks[18:]
        body += riff(b"ANMF", u24(left // 2) + u24(top // 2) + u24(width - 1) + u24(height - 1) + u24(100) + b"\0" + chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


one = save(rgb, "WEBP", lossless=True)
clear = save(rgba, "WEBP", quality=80)
add("placed.webp", animation([(one, 4, 6), (one, 0, 0)], (30, 20), True))
add("placed_opaque.webp", animation([(one, 4, 6), (one, 0, 0)], (30, 20), False))
add("placed_alpha.webp", animation([(clear, 2, 0), (one, 0, 0)], (21, 11), True))

# ---------------------------------------------------------------- GIF
flat = [Image.fromarray(np.roll(colour[..., :3] // 64 * 64, 3 * n, 1)).quantize(40) for n in range(3)]
add("plain.gif", save(flat[0], "GIF"))
add("interlaced.gif", save(flat[0], "GIF", interlace=1))
add("grey.gif", save(grey, "GIF"))
add("two_colours.gif", save(grey.convert("1"), "GIF"))
add("cut_out.gif", save(flat[0], "GIF", transparency=3))
add("animated.gif", save(flat[0], "GIF", save_all=True, append_images=flat[1:]))
add("animated_cut_out.gif", save(flat[0], "GIF", save_all=True, append_images=flat[1:], transparency=3, disposal=2))
add("comment.gif", save(flat[0], "GIF", comment=b"a comment"))


def gif_on_canvas(gif, width, height, left, top):
    """The first frame placed on a larger canvas. Pillow's files have a palette for all, then perhaps extensions, then the frame."""
    at = 13 + 3 * 2 ** ((gif[10] & 7) + 1)
    while gif[at] == 0x21:
        at += 2
        while gif[at]:
            at += 1 + gif[at]
        at += 1
    return gif[:6] + struct.pack("<HH", width, height) + gif[10:at + 1] + struct.pack("<HH", left, top) + gif[at + 5:]


# Where no frame is, Pillow shows the first colour of the palette, browsers and Skia nothing: so here.
for name, options in (("placed", {}), ("placed_cut_out", {"transparency": 3})):
    gif = save(flat[0], "GIF", **options)
    canvas = Image.new("RGBA", (30, 20))
    canvas.paste(Image.open(io.BytesIO(gif)).convert("RGBA"), (4, 6))
    add(f"{name}.gif", gif_on_canvas(gif, 30, 20, 4, 6), canvas)

# ---------------------------------------------------------------- BMP
for name, image in {"rgb": rgb, "rgba": rgba, "grey": grey, "palette": flat[0], "one_bit": grey.convert("1")}.items():
    add(f"{name}.bmp", save(image, "BMP"))
add("narrow.bmp", save(rgb.crop((0, 0, 5, 11)), "BMP"))


def bmp_of(bits, compression, data, width, height, palette=b""):
    size = 14 + 40 + len(palette) + len(data)
    return (b"BM" + struct.pack("<IHHI", size, 0, 0, size - len(data))
            + struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, compression, len(data), 0, 0, len(palette) // 4, 0) + palette + data)


bottom_up = np.ascontiguousarray(colour[::-1, :, :3][..., ::-1])
rows = b"".join(row.tobytes() + b"\0" * (-row.nbytes % 4) for row in bottom_up)
add("made.bmp", bmp_of(24, 0, rows, 19, 11))
add("top_down.bmp", bmp_of(24, 0, rows, 19, -11))
colours = bytes(c for n in range(16) for c in (n * 16, 255 - n * 16, n * 9 % 256, 0))
add("four_bits.bmp", bmp_of(4, 0, bytes((n * 37) % 256 for n in range(12 * 11)), 19, 11, colours))
runs = b"".join(bytes((10, n, 9, 15 - n, 0, 0)) for n in range(11)) + b"\0\1"
add("runs.bmp", bmp_of(8, 1, runs, 19, 11, colours))

# ---------------------------------------------------------------- formats that are recognized and refused
for kind in ("TIFF",):
    out["other/" + kind] = np.frombuffer(save(rgb, kind), np.uint8)

np.savez_compressed("oddities.npz", **out)
