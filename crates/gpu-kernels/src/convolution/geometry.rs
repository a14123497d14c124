//! Where the windows of a convolution lie, for kernels.

use super::Windows;
use burn_cubecl::CubeRuntime;
use cubecl::{prelude::*, std::FastDivmod};

/// The sizes of a convolution as one of its products sees them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sizes {
    /// Rows and columns of what is enumerated: of a result's images, or of the windows.
    pub(super) result: [usize; 2],
    /// Channels, rows and columns of the images that are gathered.
    pub(super) source: [usize; 3],
    /// Columns of the kernel.
    pub(super) kernel_columns: usize,
    pub(super) windows: Windows,
    /// How many are enumerated: images times rows times columns.
    pub(super) positions: usize,
    /// Channels of the other operand or of the result.
    pub(super) outputs: usize,
    /// Terms of a part.
    pub(super) part: u32,
}

impl Sizes {
    pub(super) fn launch<R: CubeRuntime>(self) -> GeometryLaunch<R> {
        let Self { result, source: [channels, height, width], kernel_columns, windows, positions, outputs, part } =
            self;
        let Windows { stride, padding } = windows;
        GeometryLaunch::new(
            result[1] as u32,
            result[0] as u32,
            channels as u32,
            kernel_columns as u32,
            stride[0] as u32,
            stride[1] as u32,
            padding[0] as u32,
            padding[1] as u32,
            height as u32,
            width as u32,
            channels as u32,
            positions as u32,
            outputs as u32,
            part,
        )
    }
}

/// [`Sizes`] in a kernel; those that are divided by are prepared for it.
#[derive(CubeLaunch, CubeType)]
pub(super) struct Geometry {
    pub(super) columns: FastDivmod<u32>,
    pub(super) rows: FastDivmod<u32>,
    pub(super) channels: FastDivmod<u32>,
    pub(super) kernel_columns: FastDivmod<u32>,
    pub(super) stride_rows: u32,
    pub(super) stride_columns: u32,
    pub(super) padding_rows: u32,
    pub(super) padding_columns: u32,
    /// Rows, columns and channels of the source.
    pub(super) height: u32,
    pub(super) width: u32,
    pub(super) depth: u32,
    pub(super) positions: u32,
    pub(super) outputs: u32,
    pub(super) part: u32,
}
