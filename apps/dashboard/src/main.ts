import { onStop, openLog, readSettings, runMain } from '@vfleet/service-kit';
import { PAGE_FOLDER, VERSION, dashboardSettings } from './config.js';
import { readToken } from './read-token.js';
import { startDashboard } from './start-dashboard.js';

runMain(async () => {
  const { logLevel, tokenFile, ...config } = readSettings(dashboardSettings);
  const token = readToken(tokenFile);
  const log = openLog('dashboard', logLevel);
  const { url, close } = await startDashboard({ ...config, token, pageFolder: PAGE_FOLDER, log });
  log('info', 'service is ready', { version: VERSION, url });
  onStop(async () => {
    log('info', 'service is stopping', {});
    await close();
  });
});
