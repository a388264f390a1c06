import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

/** Where `npm run dev` finds a running cloud. */
const cloud = process.env.CLOUD_URL ?? "http://127.0.0.1:8480";

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
    proxy: { "/api": { target: cloud, changeOrigin: true, headers: { origin: cloud } } },
  },
  test: { environment: "node", include: ["src/**/*.test.ts"] },
});
