import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

/** Where `npm run dev` finds a running till. */
const till = process.env.KIOSK_URL ?? "http://127.0.0.1:8420";

export default defineConfig({
  base: "/",
  plugins: [react()],
  // The font is named by a file outside this folder, and comes from the packages in it.
  resolve: { alias: { "@fontsource-variable/onest": fileURLToPath(new URL("node_modules/@fontsource-variable/onest", import.meta.url)) } },
  build: {
    target: "chrome123",
    // Everything is a file of its own: the page's content security policy knows no `data:` and no inline code.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    cssMinify: true,
    reportCompressedSize: true,
  },
  server: {
    fs: { allow: [".", "../../shared/pages"] },
    proxy: {
      "/api": { target: till, ws: true, changeOrigin: true, headers: { origin: till } },
      "/sim": { target: till, changeOrigin: true, headers: { origin: till } },
    },
  },
  test: { environment: "node", include: ["src/**/*.test.ts"] },
});
