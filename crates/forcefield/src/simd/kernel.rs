//! Kernels, and the choice of instructions at run time.

#[cfg(target_arch = "x86_64")]
use super::avx2::Avx2;
use super::operations::Simd;
use super::portable::Portable;
use crate::block::Block;

/// Something to be computed for one block of replicas with any width of instructions.
pub(crate) trait Kernel {
    /// Adds to the block's forces and energies. Must be `#[inline(always)]`, as all that it calls.
    fn run<V: Simd>(&self, block: &mut Block<'_>);
}

/// Runs a kernel with the widest instructions of this machine.
pub(crate) fn dispatch<K: Kernel>(kernel: &K, block: &mut Block<'_>) {
    #[cfg(test)]
    if PORTABLE_ONLY.get() {
        return kernel.run::<Portable>(block);
    }
    #[cfg(target_arch = "x86_64")]
    {
        #[target_feature(enable = "avx2,fma")]
        fn with_avx2<K: Kernel>(kernel: &K, block: &mut Block<'_>) {
            kernel.run::<Avx2>(block);
        }
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            // SAFETY: the machine has the instructions, as just found.
            return unsafe { with_avx2(kernel, block) };
        }
    }
    kernel.run::<Portable>(block);
}

#[cfg(test)]
thread_local! {
    /// Whether `dispatch` passes over the machine's vector instructions in this thread.
    pub(crate) static PORTABLE_ONLY: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}
