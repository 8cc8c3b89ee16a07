//! Where networks compute.

use burn::tensor::{DType, Device};
use serde::{Deserialize, Serialize};

use super::network::Placement;
use crate::DenoiserError;

/// The requested device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeviceChoice {
    /// A GPU if this build can use one and there is one, else the CPU.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// A GPU, or an error if there is none; a software driver is used if there is no other.
    Gpu,
}

/// A device on which networks are trained and evaluated.
#[derive(Clone, Debug)]
pub struct ComputeDevice {
    device: Device,
    on_host: bool,
    description: String,
}

impl ComputeDevice {
    /// The CPU.
    #[must_use]
    pub fn cpu() -> Self {
        Self { device: Device::flex(), on_host: true, description: "CPU".into() }
    }

    /// The device for a choice.
    ///
    /// # Errors
    /// [`DenoiserError::Device`] if a GPU is required and this build cannot use one, or there is none.
    pub fn select(choice: DeviceChoice) -> Result<Self, DenoiserError> {
        match choice {
            DeviceChoice::Cpu => Ok(Self::cpu()),
            DeviceChoice::Gpu => Self::gpu(true).map_err(DenoiserError::Device),
            DeviceChoice::Auto => Ok(Self::gpu(false)
                .unwrap_or_else(|reason| Self { description: format!("CPU ({reason})"), ..Self::cpu() })),
        }
    }

    #[cfg(not(feature = "wgpu"))]
    fn gpu(_software_too: bool) -> Result<Self, String> {
        Err("this build has no GPU support; build with `--features wgpu` to use one".into())
    }

    /// The first available among discrete, integrated and virtual GPUs and, if allowed, software drivers.
    #[cfg(feature = "wgpu")]
    fn gpu(software_too: bool) -> Result<Self, String> {
        use burn::tensor::{DeviceKind, DeviceType};

        // Listing queries the drivers without opening a device, which would panic if there is none.
        let found = Device::enumerate(DeviceType::Wgpu).into_vec();
        let mut kinds =
            vec![DeviceKind::DiscreteGpu(0), DeviceKind::IntegratedGpu(0), DeviceKind::VirtualGpu(0)];
        if software_too {
            kinds.push(DeviceKind::Cpu);
        }
        let device = kinds.into_iter().map(Device::wgpu).find(|device| found.contains(device));
        let device = device.ok_or("no GPU with a Vulkan, Metal or DirectX 12 driver was found")?;
        let name = device.identity().map_or_else(|| "unnamed".to_owned(), |identity| identity.name);
        Ok(Self { device, on_host: false, description: format!("GPU {name}") })
    }

    /// One line for the user: which device and, for [`DeviceChoice::Auto`], why not a GPU.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.description
    }

    /// Whether it is the CPU.
    #[must_use]
    pub fn is_cpu(&self) -> bool {
        self.on_host
    }

    pub(super) fn for_training(&self) -> Placement {
        Placement { device: self.device.clone(), on_host: self.on_host, dtype: DType::F32 }
    }

    /// Double precision on the CPU; GPUs only support single precision.
    pub(super) fn for_inference(&self) -> Placement {
        let dtype = if self.on_host { DType::F64 } else { DType::F32 };
        Placement { device: self.device.clone(), on_host: self.on_host, dtype }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cpu_is_always_there_and_a_gpu_is_used_or_explained() {
        assert!(ComputeDevice::select(DeviceChoice::Cpu).unwrap().is_cpu());
        let automatic = ComputeDevice::select(DeviceChoice::Auto).unwrap();
        assert_eq!(automatic.is_cpu(), automatic.description().starts_with("CPU ("));
        if !cfg!(feature = "wgpu") {
            let message = ComputeDevice::select(DeviceChoice::Gpu).unwrap_err().to_string();
            assert!(message.contains("--features wgpu"), "{message}");
        }
    }
}
