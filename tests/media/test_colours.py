"""Known patches in every kind of colour that a video can have: what comes out is BT.709 in full range."""

import time

import av
import numpy as np
import pytest

from microemo.media.hdr import to_sdr
from microemo.media.probe import probe
from microemo.media.video import frames

RED_BLUE_SHARES = {"bt601": (0.299, 0.114), "bt709": (0.2126, 0.0722), "bt2020": (0.2627, 0.0593)}
MATRIX_CODES = {"bt601": 6, "bt709": 1, "bt2020": 9, None: 2}  # ITU-T H.273
PQ, HLG, BT2020 = 16, 18, 9
SKIN = (0.8, 0.5, 0.4)
TO_BT2020 = np.array([[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]])  # BT.2087


def patch(path, rgb, matrix, tag, *, full=False, size=(64, 48), bits=8, transfer=2):
    """A film of one colour, made by the standards' own formulas, with or without the name of its matrix."""
    kr, kb = RED_BLUE_SHARES[matrix]
    luma = kr * rgb[0] + (1 - kr - kb) * rgb[1] + kb * rgb[2]
    chroma = np.array([(rgb[2] - luma) / (2 - 2 * kb), (rgb[0] - luma) / (2 - 2 * kr)])
    unit = 2 ** (bits - 8)
    scale = (2**bits - 1, 2**bits - 1, 0) if full else (219 * unit, 224 * unit, 16 * unit)
    codes = [luma * scale[0] + scale[2], *(chroma * scale[1] + 128 * unit)]
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": "1"})
        (stream.width, stream.height), stream.pix_fmt = size, "yuv420p" if bits == 8 else "yuv420p10le"
        for _ in range(2):
            frame = av.VideoFrame(*size, stream.pix_fmt)
            for plane, code in zip(frame.planes, codes, strict=True):
                kind = np.uint8 if bits == 8 else np.uint16
                plane.update(np.full(plane.buffer_size // kind().itemsize, round(code), kind).tobytes())
            for owner in (frame, stream.codec_context):
                owner.colorspace, owner.color_range, owner.color_trc = MATRIX_CODES[tag], 2 if full else 1, transfer
                owner.color_primaries = BT2020 if matrix == "bt2020" else 2
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def shown(path):
    """The colour in [0, 1] that is read."""
    image = next(frames(probe(path), warn=pytest.fail)).image
    assert np.ptp(image, axis=(0, 1)).max() <= 2
    return image[8, 8] / 255


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("matrix", ["bt601", "bt709", "bt2020"])
@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_standard_range(tmp_path, suffix, matrix, full):
    path = patch(tmp_path / f"clip{suffix}", SKIN, matrix, matrix, full=full)
    assert shown(path) == pytest.approx(SKIN, abs=0.02)


@pytest.mark.parametrize(("size", "matrix"), [((64, 48), "bt601"), ((1280, 720), "bt709"), ((720, 1280), "bt709")])
def test_a_matrix_that_is_not_named_goes_by_the_size(tmp_path, size, matrix):
    assert shown(patch(tmp_path / "clip.mp4", SKIN, matrix, None, size=size)) == pytest.approx(SKIN, abs=0.025)


def pq(nits):
    root = (np.asarray(nits) / 10000) ** (2610 / 16384)
    return ((3424 / 4096 + 2413 / 128 * root) / (1 + 2392 / 128 * root)) ** (2523 / 32)


def hlg(nits):
    """Of a display of 1000 nits: the inverse of its OOTF (luminance to the power of 1.2), then the camera's curve."""
    light = np.asarray(nits) / 1000
    luminance = light @ [0.2627, 0.6780, 0.0593]
    scene = light * max(luminance, 1e-9) ** (1 / 1.2 - 1)
    upper = 0.17883277 * np.log(np.maximum(12 * scene - 0.28466892, 1e-9)) + 0.55991073
    return np.where(scene <= 1 / 12, np.sqrt(3 * scene), upper)


@pytest.mark.parametrize("tag", ["bt2020", None])
@pytest.mark.parametrize(("transfer", "signal"), [(PQ, pq), (HLG, hlg)])
def test_high_dynamic_range(tmp_path, transfer, signal, tag):
    def film(nits):
        rgb = signal(np.asarray(nits, float))
        return shown(patch(tmp_path / "clip.mp4", rgb, "bt2020", tag, bits=10, transfer=transfer))

    assert film([0, 0, 0]) == pytest.approx([0, 0, 0], abs=0.02)
    assert film([26, 26, 26]) == pytest.approx([0.42] * 3, abs=0.02)  # mid-grey, at 18 % of a camera's white
    assert film([203, 203, 203]) == pytest.approx([0.9] * 3, abs=0.03)  # paper: near white, below the highlights
    assert film([1000, 1000, 1000]) == pytest.approx([1, 1, 1], abs=0.01)
    assert film(TO_BT2020 @ [100, 60, 45]) == pytest.approx(
        (np.array([92, 56, 42]) / 203) ** (1 / 2.4), abs=0.03
    )  # skin: its colour stays, a little of its brightness rolls off
    for channel, primary in enumerate(np.eye(3) * 80):
        assert film(TO_BT2020 @ primary) == pytest.approx((np.eye(3)[channel] * 80 / 203) ** (1 / 2.4), abs=0.08)


def test_colours_beyond_bt709_are_cut_off(tmp_path):
    path = patch(tmp_path / "clip.mp4", pq([0, 80, 0]), "bt2020", "bt2020", bits=10, transfer=PQ)
    red, green, blue = shown(path)
    assert red < 0.1 and blue < 0.15 and green > 0.6


@pytest.mark.parametrize("transfer", [PQ, HLG])
def test_brighter_stays_brighter_and_grey_stays_grey(transfer):
    ramp = np.repeat(np.arange(0, 65536, 16, np.uint16).reshape(64, 64, 1), 3, axis=2)
    grey = to_sdr(ramp, transfer).astype(int)
    assert np.ptp(grey, axis=2).max() <= 1
    steps = np.diff(grey[..., 0].ravel())
    assert steps.min() >= 0 and steps.max() <= 3
    assert grey.min() == 0 and grey.max() == 255


def test_it_is_fast_enough():
    """Some 17 ms; the limit leaves room for slow machines and still shows a table gone wrong."""
    signal = np.random.default_rng(0).integers(0, 65536, (720, 1280, 3), dtype=np.uint16)
    to_sdr(signal, HLG)
    start = time.process_time()
    to_sdr(signal, HLG)
    assert time.process_time() - start < 0.5
