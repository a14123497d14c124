"""Writes draws.txt: splits of volumes and draws of slices as NumPy makes them.

python3 -m pip install numpy; python3 make_draws.py > draws.txt
"""

import numpy as np
# Split of volumes: names sorted, shuffled, floor(0.3 N).
def split(n, seed):
    names=list(range(n)); np.random.seed(seed); np.random.shuffle(names); k=int(n*0.3)
    return names[:k], names[k:2*k], names[2*k:]
def draw(labels, n, seed):
    np.random.seed(seed)
    c0=np.where(labels==0)[0]; c1=np.where(labels==1)[0]
    c0=np.random.choice(c0, n//2, replace=False); c1=np.random.choice(c1, n//2, replace=False)
    return np.append(c1,c0)
for n,seed in [(20,0),(20,7),(131,0),(281,0),(8,1),(4,3)]:
    a,b,c=split(n,seed); print("split",n,seed,*a,"|",*b,"|",*c)
for length,start,end,n,seed in [(40,10,30,16,0),(700,123,400,128,0),(3000,900,1777,256,0),(3000,900,1777,256,4),(9,2,7,5,2)]:
    l=np.zeros(length,int); l[start:end]=1; l[start+3]=0
    print("draw",length,start,end,n,seed,*draw(l,n,seed))
