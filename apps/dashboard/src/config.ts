import { fileURLToPath } from 'node:url';
import { serviceSettings, text, wholeNumber, type ServiceConfig, type Setting, type Settings } from '@vfleet/service-kit';

export const VERSION = '0.1.0';

/** Where the built page lies. */
export const PAGE_FOLDER = fileURLToPath(new URL('../web/dist/', import.meta.url));

/** What the dashboard has to be told. */
export interface DashboardConfig extends ServiceConfig {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** Holds the token of those who may act; empty: nobody may. */
  readonly tokenFile: string;
  /** Whether reading needs no token. Acting always does. */
  readonly readWithoutToken: boolean;
  /** Origins beside the own address that pages may come from: `https://vfleet.example.org`. */
  readonly origins: readonly string[];
}

const PORTS = 65_535;

const yesOrNo = (variable: string, fallback: boolean): Setting<boolean> => ({
  variable,
  fallback,
  parse: (value) => ({ true: true, false: false })[value],
  form: 'true or false',
});

const origins = (variable: string): Setting<readonly string[]> => ({
  variable,
  fallback: [],
  parse: (value) => {
    const given = value.split(',').map((one) => one.trim());
    return given.every(isOrigin) ? given : undefined;
  },
  form: 'origins, comma-separated: https://vfleet.example.org',
});

const isOrigin = (value: string): boolean => /^https?:\/\//.test(value) && URL.canParse(value) && new URL(value).origin === value;

export const dashboardSettings: Settings<DashboardConfig> = {
  ...serviceSettings('dashboard'),
  host: text('VFLEET_DASHBOARD_HOST', '127.0.0.1'),
  port: wholeNumber('VFLEET_DASHBOARD_PORT', 8080, 0, PORTS),
  tokenFile: text('VFLEET_DASHBOARD_TOKEN_FILE', ''),
  readWithoutToken: yesOrNo('VFLEET_DASHBOARD_READ_WITHOUT_TOKEN', false),
  origins: origins('VFLEET_DASHBOARD_ORIGINS'),
};
