//! From luminance and colour differences to red, green and blue, as pydicom computes them (PS3.3, C.7.6.3.1.2).

/// Converts pixels of three samples of 8 bits of the full range (YBR_FULL) in place.
pub(super) fn to_rgb(samples: &mut [u16]) {
    for pixel in samples.chunks_exact_mut(3) {
        let [y, b, r] = [f32::from(pixel[0]), f32::from(pixel[1]) - 128., f32::from(pixel[2]) - 128.];
        let channels = [y + 1.402 * r, y - (0.114 * 1.772 / 0.587) * b - (0.299 * 1.402 / 0.587) * r, y + 1.772 * b];
        for (sample, channel) in pixel.iter_mut().zip(channels) {
            *sample = (channel + 0.5).floor().clamp(0., 255.) as u16;
        }
    }
}
