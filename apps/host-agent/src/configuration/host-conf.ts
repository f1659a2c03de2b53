import { BadConfiguration } from './faults.js';
import { readYamlFile, type YamlFile } from './yaml-file.js';

const KEY = 'disable_custom_device';

/** What the older host configuration says: whether models that operators registered are in force on this host. @throws BadConfiguration */
export const readHostConf = (path: string): { readonly customDevices: boolean } => parseHostConf(readYamlFile(path));

export const parseHostConf = ({ content, where, lineOf }: YamlFile): { readonly customDevices: boolean } => {
  const disabled = content[KEY] ?? false;
  if (typeof disabled !== 'boolean') throw new BadConfiguration([{ where, line: lineOf([KEY]), message: `${KEY} must be true or false` }]);
  return { customDevices: !disabled };
};
