//! Which entities of IFC are things that a building is made of.

use std::collections::HashMap;

/// Every concrete kind of `IfcElement` but openings and virtual ones, in order; from the schemas IFC2X3 TC1, IFC4 ADD2 TC1 and
/// IFC4X3 ADD2.
const ELEMENTS: &str = "\
    IfcActuator IfcAirTerminal IfcAirTerminalBox IfcAirToAirHeatRecovery IfcAlarm \
    IfcAudioVisualAppliance IfcBeam IfcBeamStandardCase IfcBearing IfcBoiler IfcBorehole \
    IfcBuildingElementPart IfcBuildingElementProxy IfcBuiltElement IfcBurner IfcCableCarrierFitting \
    IfcCableCarrierSegment IfcCableFitting IfcCableSegment IfcCaissonFoundation IfcChiller IfcChimney \
    IfcCivilElement IfcCoil IfcColumn IfcColumnStandardCase IfcCommunicationsAppliance IfcCompressor \
    IfcCondenser IfcController IfcConveyorSegment IfcCooledBeam IfcCoolingTower IfcCourse IfcCovering \
    IfcCurtainWall IfcDamper IfcDeepFoundation IfcDiscreteAccessory IfcDistributionBoard \
    IfcDistributionChamberElement IfcDistributionControlElement IfcDistributionElement \
    IfcDistributionFlowElement IfcDoor IfcDoorStandardCase IfcDuctFitting IfcDuctSegment \
    IfcDuctSilencer IfcEarthworksElement IfcEarthworksFill IfcElectricAppliance \
    IfcElectricDistributionBoard IfcElectricDistributionPoint IfcElectricFlowStorageDevice \
    IfcElectricFlowTreatmentDevice IfcElectricGenerator IfcElectricMotor IfcElectricTimeControl \
    IfcElectricalElement IfcElementAssembly IfcEnergyConversionDevice IfcEngine IfcEquipmentElement \
    IfcEvaporativeCooler IfcEvaporator IfcFan IfcFastener IfcFilter IfcFireSuppressionTerminal \
    IfcFlowController IfcFlowFitting IfcFlowInstrument IfcFlowMeter IfcFlowMovingDevice IfcFlowSegment \
    IfcFlowStorageDevice IfcFlowTerminal IfcFlowTreatmentDevice IfcFooting IfcFurnishingElement \
    IfcFurniture IfcGeographicElement IfcGeomodel IfcGeoslice IfcGeotechnicalStratum IfcHeatExchanger \
    IfcHumidifier IfcImpactProtectionDevice IfcInterceptor IfcJunctionBox IfcKerb IfcLamp \
    IfcLightFixture IfcLiquidTerminal IfcMechanicalFastener IfcMedicalDevice IfcMember \
    IfcMemberStandardCase IfcMobileTelecommunicationsAppliance IfcMooringDevice IfcMotorConnection \
    IfcNavigationElement IfcOutlet IfcPavement IfcPile IfcPipeFitting IfcPipeSegment IfcPlate \
    IfcPlateStandardCase IfcProtectiveDevice IfcProtectiveDeviceTrippingUnit IfcPump IfcRail IfcRailing \
    IfcRamp IfcRampFlight IfcReinforcedSoil IfcReinforcingBar IfcReinforcingMesh IfcRoof \
    IfcSanitaryTerminal IfcSensor IfcShadingDevice IfcSign IfcSignal IfcSlab IfcSlabElementedCase \
    IfcSlabStandardCase IfcSolarDevice IfcSpaceHeater IfcStackTerminal IfcStair IfcStairFlight \
    IfcSwitchingDevice IfcSystemFurnitureElement IfcTank IfcTendon IfcTendonAnchor IfcTendonConduit \
    IfcTrackElement IfcTransformer IfcTransportElement IfcTubeBundle IfcUnitaryControlElement \
    IfcUnitaryEquipment IfcValve IfcVehicle IfcVibrationDamper IfcVibrationIsolator IfcWall \
    IfcWallElementedCase IfcWallStandardCase IfcWasteTerminal IfcWindow IfcWindowStandardCase";

/// Looks kinds up: a model asks for each of its instances.
#[derive(Debug)]
pub(super) struct Elements {
    by_capitals: HashMap<String, &'static str>,
}

impl Elements {
    pub(super) fn new() -> Self {
        Self { by_capitals: ELEMENTS.split(' ').map(|name| (name.to_ascii_uppercase(), name)).collect() }
    }

    /// The kind's name as the schema writes it, when it is such a thing. `name` is as files write it, in capitals.
    pub(super) fn get(&self, name: &str) -> Option<&'static str> {
        self.by_capitals.get(name).copied()
    }
}
