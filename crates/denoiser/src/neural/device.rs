//! Where networks compute.

use burn::tensor::{DType, Device};
use serde::{Deserialize, Serialize};

use super::network::Placement;
use crate::DenoiserError;

/// Which device is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeviceChoice {
    /// A GPU if this build can use one and there is one, else the CPU.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// A GPU, or an error.
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

    /// The device that a choice stands for.
    ///
    /// # Errors
    /// [`DenoiserError::Device`] if a GPU is demanded and this build cannot use one, or there is none.
    pub fn select(choice: DeviceChoice) -> Result<Self, DenoiserError> {
        match choice {
            DeviceChoice::Cpu => Ok(Self::cpu()),
            DeviceChoice::Gpu => Self::gpu().map_err(DenoiserError::Device),
            DeviceChoice::Auto => Ok(Self::gpu()
                .unwrap_or_else(|reason| Self { description: format!("CPU ({reason})"), ..Self::cpu() })),
        }
    }

    #[cfg(not(feature = "wgpu"))]
    fn gpu() -> Result<Self, String> {
        Err("this build has no GPU support: build with `--features wgpu` for that".into())
    }

    /// One line for people: which device, and for [`DeviceChoice::Auto`] why not a GPU.
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

    /// Double precision on the CPU; GPUs have single precision only.
    pub(super) fn for_inference(&self) -> Placement {
        let dtype = if self.on_host { DType::F64 } else { DType::F32 };
        Placement { device: self.device.clone(), on_host: self.on_host, dtype }
    }
}
