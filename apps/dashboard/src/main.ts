import { onStop, readSettings, runMain, watched } from '@vfleet/service-kit';
import { PAGE_FOLDER, VERSION, dashboardSettings } from './config.js';
import { readToken } from './read-token.js';
import { startDashboard } from './start-dashboard.js';

runMain(async () => {
  const { tokenFile, ...config } = readSettings(dashboardSettings);
  const token = readToken(tokenFile);
  const telemetry = await watched('dashboard', VERSION, config);
  const { log } = telemetry;
  const { url, close } = await startDashboard({ ...config, token, pageFolder: PAGE_FOLDER, telemetry, log });
  log('info', 'service is ready', { version: VERSION, url });
  onStop(async () => {
    log('info', 'service is stopping', {});
    await close();
    await telemetry.close();
  });
});
