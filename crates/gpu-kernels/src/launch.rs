//! How many units work on something.

use burn_cubecl::{CubeRuntime, tensor::CubeTensor};
use cubecl::{calculate_cube_count_elemwise, prelude::*};

/// Cubes with a unit for each entry of `tensor`.
pub(crate) fn one_each<R: CubeRuntime>(tensor: &CubeTensor<R>) -> (CubeCount, CubeDim) {
    let entries = tensor.meta.num_elements();
    let cube = CubeDim::new(&tensor.client, entries);
    (calculate_cube_count_elemwise(&tensor.client, entries, cube), cube)
}
