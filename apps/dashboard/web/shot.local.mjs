import { chromium } from 'playwright-core';
const [name, path, scheme = 'light', width = '1280', ...steps] = process.argv.slice(2);
const b = await chromium.launch({ executablePath: '/tmp/w/dashweb/.tools/chromium/chromium', args: ['--no-sandbox'] });
const c = await b.newContext({ colorScheme: scheme, viewport: { width: Number(width), height: Number(width) < 500 ? 844 : 800 } });
const p = await c.newPage();
p.on('console', (m) => console.log('console:', m.type(), m.text().slice(0, 300)));
p.on('pageerror', (e) => console.log('pageerror:', e.message.slice(0,500)));
if (process.env.TOKEN) await c.addInitScript(() => sessionStorage.setItem('vfleet-token', 'operator-token-0123456789'));
await p.goto((process.env.URL0 ?? 'http://127.0.0.1:18080') + path);
await p.waitForTimeout(1500);
for (const s of steps) { await eval(`(async()=>{${s}})()`); await p.waitForTimeout(500); }
await p.screenshot({ path: `/tmp/dashweb-shots/${name}.png`, fullPage: process.env.FULL !== undefined });
console.log(await p.evaluate(() => [document.documentElement.scrollWidth, innerWidth].join('/')));
await b.close();
