//! How many units work on something.

use burn_cubecl::{CubeRuntime, tensor::CubeTensor};
use cubecl::{calculate_cube_count_elemwise, prelude::*};

/// Cubes for one unit an entry.
pub(crate) fn one_each<R: CubeRuntime>(tensor: &CubeTensor<R>, entries: usize) -> (CubeCount, CubeDim) {
    let cube = CubeDim::new(&tensor.client, entries);
    (calculate_cube_count_elemwise(&tensor.client, entries, cube), cube)
}
