"""Reads images with a PyTorch DataLoader, to measure against: prints images per second of each way to resize.

usage: dataloader_torch.py IMAGES [--size 224] [--workers 2] [--count 0] [--batch 16] [--repeat 1] [WAY ...]
Ways: skimage (as torchxrayvision does: PIL opens, floats in [-1024, 1024], skimage.transform.resize with its
defaults), pil (PIL's bilinear resize in float mode), none (decodes and scales only). Default: all.
--count reads only so many images, spread evenly over the folder; 0 reads all.
"""
import argparse, pathlib, resource, time
import numpy as np, skimage.transform, torch
from PIL import Image

p = argparse.ArgumentParser()
p.add_argument('images')
for k, v in dict(size=224, workers=2, count=0, batch=16, repeat=1).items(): p.add_argument(f'--{k}', type=int, default=v)
p.add_argument('ways', nargs='*')
a = p.parse_intermixed_args()

files = sorted(pathlib.Path(a.images).iterdir())
if a.count: files = [files[i * len(files) // a.count] for i in range(a.count)]

class Images(torch.utils.data.Dataset):
    def __init__(self, way): self.way = way
    def __len__(self): return len(files)
    def __getitem__(self, i):
        x = (2 * (np.asarray(Image.open(files[i]).convert('L')).astype(np.float32) / 255) - 1) * 1024
        if self.way == 'skimage':
            x = skimage.transform.resize(x, (a.size, a.size), mode='constant', preserve_range=True).astype(np.float32)
        elif self.way == 'pil':
            x = np.array(Image.fromarray(x).resize((a.size, a.size), Image.BILINEAR))
        else:
            x = x[:a.size, :a.size].copy()
        return torch.from_numpy(x[None])

if __name__ == '__main__':
    for way in (a.ways or ['skimage', 'pil', 'none']) * a.repeat:
        start, seen = time.perf_counter(), 0
        for batch in torch.utils.data.DataLoader(Images(way), batch_size=a.batch, num_workers=a.workers): seen += len(batch)
        seconds = time.perf_counter() - start
        peak = [resource.getrusage(who).ru_maxrss // 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        print(f'{way:8s} {seen} images by {a.workers} workers in {seconds:.2f} s: {seen / seconds:.1f} images/s, '
              f'peak {peak[0]} MiB and {peak[1]} MiB in the largest worker', flush=True)
