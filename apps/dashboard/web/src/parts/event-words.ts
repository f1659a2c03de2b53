type Data = Readonly<Record<string, unknown>>;

const asText = (value: unknown): string | undefined => (typeof value === 'string' || typeof value === 'number' ? String(value) : undefined);

/** Fields that say most, in the order in which they are told. */
const TOLD: readonly (readonly [field: string, word: string])[] = [
  ['code', ''],
  ['message', ''],
  ['cause', 'because of'],
  ['previousAddress', 'from'],
  ['previousName', 'from'],
  ['address', 'at'],
  ['name', 'named'],
  ['vmId', 'VM'],
  ['state', 'state'],
  ['hostId', 'host'],
  ['sourceHostId', 'from'],
  ['targetHostId', 'to'],
  ['reason', 'reason'],
];

const sayDevices = (devices: unknown): string | undefined => {
  if (!Array.isArray(devices) || devices.length === 0) return undefined;
  const addresses = devices.map((device: Data) => asText(device['address'])).filter((address) => address !== undefined);
  return addresses.length > 0 ? addresses.join(', ') : undefined;
};

/** An event's data in a few words; all of it stands beside them. */
export const sayEvent = (data: unknown): string => {
  if (typeof data !== 'object' || data === null) return '';
  const fields = data as Data;
  const told = TOLD.flatMap(([field, word]) => {
    const value = asText(fields[field]);
    return value === undefined ? [] : [word ? `${word} ${value}` : value];
  });
  return [...told, sayDevices(fields['devices'])].filter((part) => part !== undefined).join(', ');
};

/** `DevicesReserved` as readers read it: Devices reserved. */
export const sayEventType = (type: string): string =>
  type.replace(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).replace(/\bvm\b/i, 'VM');
