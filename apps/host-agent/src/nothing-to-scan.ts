/** There is no hardware to be seen at all. That is a fault of the scan, and never means that everything was removed. */
export class NothingToScan extends Error {
  override readonly name = 'NothingToScan';
}
