import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { compressedFiles } from './compressed-files.js';

/** Where `npm start` serves the API; the development server passes requests on to it. */
const SERVER = process.env['VFLEET_DASHBOARD_URL'] ?? 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [react(), compressedFiles()],
  build: {
    target: 'es2023',
    // The Content-Security-Policy lets neither fonts nor images come as data: URLs.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // Sizes are checked by a spec, compressed as they are sent.
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1_000,
  },
  server: { proxy: { '/api': SERVER, '/live': SERVER } },
});
