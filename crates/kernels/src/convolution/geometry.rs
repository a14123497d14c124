//! The sizes of one convolution.

/// The sizes of one convolution: symmetrical stride and padding, no dilation. Either every channel of the output sees all
/// of the input, or ([`depthwise`](super::depthwise)) each sees the one of its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Geometry {
    /// Number of images.
    pub batch: usize,
    /// Channels of the input.
    pub in_channels: usize,
    /// Rows of an input image.
    pub height: usize,
    /// Columns of an input image.
    pub width: usize,
    /// Channels of the output.
    pub out_channels: usize,
    /// Rows and columns of the kernel.
    pub kernel: [usize; 2],
    /// Step of the kernel over rows and columns.
    pub stride: [usize; 2],
    /// Zeros added before and after the rows, and before and after the columns.
    pub padding: [usize; 2],
}

impl Geometry {
    /// Rows and columns of an output image.
    ///
    /// # Panics
    /// If the stride is zero or the kernel is empty or larger than the padded
    /// image.
    pub fn output_size(&self) -> [usize; 2] {
        let size = [self.height, self.width];
        std::array::from_fn(|axis| {
            let padded = size[axis] + 2 * self.padding[axis];
            assert!(self.stride[axis] > 0, "the stride of {self:?} is zero");
            assert!(
                (1..=padded).contains(&self.kernel[axis]),
                "the kernel of {self:?} is empty or larger than the padded image"
            );
            (padded - self.kernel[axis]) / self.stride[axis] + 1
        })
    }

    /// The same convolution with all pixels in one row, where the kernel sees one pixel at a time: long rows are faster.
    pub(super) fn in_one_row(&self) -> Self {
        match self.kernel == [1; 2] && self.stride == [1; 2] && self.padding == [0; 2] {
            true => Self { height: 1, width: self.height * self.width, ..*self },
            false => *self,
        }
    }

    /// Floats in the input, `[batch, in_channels, height, width]`.
    pub fn input_len(&self) -> usize {
        self.batch * self.in_channels * self.height * self.width
    }

    /// Floats in the weight, `[out_channels, in_channels, kernel height, kernel width]`.
    pub fn weight_len(&self) -> usize {
        self.out_channels * self.in_channels * self.taps()
    }

    /// Floats in the output, `[batch, out_channels, output height, output width]`.
    ///
    /// # Panics
    /// As [`output_size`](Self::output_size).
    pub fn output_len(&self) -> usize {
        let [height, width] = self.output_size();
        self.batch * self.out_channels * height * width
    }

    /// Floating-point operations of one pass of the trio, a multiplication and
    /// an addition counted as two and padding counted in.
    ///
    /// # Panics
    /// As [`output_size`](Self::output_size).
    pub fn operations(&self) -> usize {
        2 * self.output_len() * self.in_channels * self.taps()
    }

    /// Positions of the kernel.
    pub(super) fn taps(&self) -> usize {
        self.kernel[0] * self.kernel[1]
    }

    /// Panics unless the lengths are those of this geometry.
    pub(super) fn check(&self, input: usize, weight: usize, output: usize) {
        assert_eq!(input, self.input_len(), "length of the input of {self:?}");
        assert_eq!(weight, self.weight_len(), "length of the weight of {self:?}");
        assert_eq!(output, self.output_len(), "length of the output of {self:?}");
    }
}
