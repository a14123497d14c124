//! Small hand-written tables in the official formats.

#![allow(dead_code, reason = "each test file uses a part")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::path::{Path, PathBuf};
use tempfile::TempDir;

pub(crate) const NIH: &str = "nih/Data_Entry_2017.csv";
pub(crate) const PADCHEST: &str = "padchest/PADCHEST_chest_x_ray_images_labels_160K_01.02.19.csv";
pub(crate) const LABELS: &str = "rsna/stage_2_train_labels.csv";
pub(crate) const HEADERS: &str = "rsna/kaggle_stage_2_train_images_dicom_headers.csv";

/// The header has two columns with a comma within, and ends with one, as the table of 2017 does.
pub(crate) const NIH_TEXT: &str = "\
Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position,OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y],
00000001_000.png,Cardiomegaly,0,1,058Y,M,PA,2682,2749,0.143,0.143,
00000001_001.png,Cardiomegaly|Emphysema,1,1,058Y,M,AP,2894,2729,0.143,0.143,
00000002_000.png,No Finding,0,2,081Y,M,AP,2500,2048,0.171,0.171,
00000003_000.png,Hernia,0,3,081Y,F,PA,2582,2991,0.143,0.143,
";

/// Reports with commas, doubled quotes and line breaks; the lines of the rows are 2, 3, 7, 8, 9, 10 and 11.
pub(crate) const PADCHEST_TEXT: &str = "\
,ImageID,ViewPosition_DICOM,Projection,Report,Labels
0,a.png,POSTEROANTERIOR,PA,sin hallazg .,['normal']
1,b.png,POSTEROANTERIOR,PA,\"line one, with \"\"quotes\"\"
line two

\",\"['cardiomegaly', 'normal']\"
2,c.png,LATERAL,L,x,['normal']
3,d.png,,PA,x,['normal']
4,e.png,POSTEROANTERIOR,PA,x,
5,f.png,POSTEROANTERIOR,PA,x,['abnormal foreign body']
6,g.png,POSTEROANTERIOR,PA,x,['scoliosis']
";

/// Not sorted by patient, as the order of records is.
pub(crate) const LABELS_TEXT: &str = "\
patientId,x,y,width,height,Target
d,,,,,0
b,264.0,152.0,213.0,379.0,1
b,562.0,152.0,462.0,872.0,1
a,,,,,0
c,10.5,20.0,30.0,40.0,1
e,,,,,0
f,,,,,0
g,,,,,0
";

pub(crate) const HEADERS_TEXT: &str = "\
,PatientID,PatientSex,ViewPosition
0,d,F,PA
1,c,M,PA
2,b,M,AP
3,a,F,AP
4,e,F,
5,f,F,LL
6,stranger,F,PA
";

pub(crate) fn put(root: &Path, path: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = root.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, bytes).unwrap();
    path
}

/// A data root with all tables and no images.
pub(crate) fn data_root() -> TempDir {
    let root = tempfile::tempdir().unwrap();
    for (path, text) in [(NIH, NIH_TEXT), (PADCHEST, PADCHEST_TEXT), (LABELS, LABELS_TEXT), (HEADERS, HEADERS_TEXT)] {
        put(root.path(), path, text);
    }
    root
}
