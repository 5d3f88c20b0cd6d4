/// The inner loops for x86-64-v3; see loops.inc.
#define TROUPE_KERNELS kernels_v3
#define TROUPE_STATE_KERNELS state_kernels_v3
#include "base/kernels/loops.inc"
