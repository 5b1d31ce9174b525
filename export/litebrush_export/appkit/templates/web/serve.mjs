// Shows dist/ on this machine. Phones want https before they let a page be kept or open the camera.
import { context } from "esbuild";

const { port } = await (await context({})).serve({ servedir: "dist", host: "127.0.0.1", port: 8000 });
console.log(`http://127.0.0.1:${port}/ shows the page; Ctrl+C ends it`);
