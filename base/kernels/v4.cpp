/// The inner loops for x86-64-v4; see loops.inc.
#define TROUPE_KERNELS kernels_v4
#define TROUPE_STATE_KERNELS state_kernels_v4
#include "base/kernels/loops.inc"
