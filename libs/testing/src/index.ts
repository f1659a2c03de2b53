export { aNatsServer, type TestNats } from './nats.js';
export { aNatsCluster, type NatsCluster } from './nats-cluster.js';
export { aDatabase, aPostgres, type TestDatabase } from './postgres.js';
export { diceOf, fuzz, spoiledJson, spoiledText, type Dice } from './fuzz.js';
export { aFolder } from './run.js';
export { findPromtool } from './tools/promtool.js';
export { until } from './until.js';
export { aSyntheticSysfs, type SyntheticSysfs } from './synthetic-sysfs.js';
export { aSysfsCapture, CAPTURES, unpackArchive, type CaptureName, type SysfsCapture } from './sysfs-capture.js';
export {
  addressesIn,
  folderOf,
  groupsIn,
  readTree,
  rewriteOnDisk,
  treeOf,
  writeTree,
  type SysfsTree,
  type TreeEntry,
  type WrittenTree,
} from './sysfs-tree.js';
export { addCard, addVfs, removeVfs, renumberGroups, shiftBuses, type AddedCard } from './sysfs-rewrite.js';
export { aCertificateAuthority, type CertificateAuthority, type Certified } from './certificates.js';
export { aDevice } from './observations.js';
export { aCuttableWay, type CuttableWay } from './cut-connection.js';
export { tellOfHost } from './host-facts.js';
export { ask, devicesOfHost, each, factsTaken, insist, publishHosts, Refused } from './load.js';
export { aSwitchableWay, type SwitchableWay } from './switchable-way.js';
export { aPrimary, aReplica, askPostgres, promote, replicaHasAll, waitForReplica, type PostgresHost } from './postgres-replica.js';
export { aProgram, aService, type RunningProgram, type Servers } from './service.js';
export { aSystem, type TestSystem } from './system.js';
export { findChromium } from './browser/chromium-program.js';
export { migrateLive } from './qemu/live-migration.js';
export type { MachineOptions } from './qemu/machine-arguments.js';
export { aQemuBench, aVirtualMachine, prepareQemu, type QemuBench, type VirtualMachine } from './qemu/virtual-machine.js';
export type { GuestDevice, GuestReport } from './qemu/guest-console.js';
export type { QmpConsole, QmpEvent } from './qemu/qmp-console.js';
export { GuestRefused } from './qemu/guest-line.js';
export { aNodeBench, aNodeGuest, type AnsweringMachine } from './qemu/node-guest.js';
export { MoveWatch, type MoveEvent } from './moves/move-watch.js';
export { MovingPlatform, type Course } from './moves/moving-platform.js';
export { SimulatedHost, VF_NAME, VLAN, type PluggedDevice, type Plugs, type SimulatedHostOptions } from './moves/simulated-host.js';
