# Builds Goleash, then ships what runs: compiled code, production dependencies (with the wasm of web-tree-sitter and of
# tree-sitter-go), and app.yml for the setup page.

FROM node:22-slim AS build
WORKDIR /app
# Without the scripts `prepare` would not look for sources that are not there yet; no dependency needs its own.
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN npm run build \
 # `prepare` builds, which it cannot once the compiler is gone.
 && npm prune --omit=dev --ignore-scripts \
 && test -f node_modules/web-tree-sitter/web-tree-sitter.wasm \
 && test -f node_modules/tree-sitter-go/tree-sitter-go.wasm

FROM node:22-slim
# The setup page and forged webhooks are for nobody: production has neither. Containers are reached from outside of themselves.
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY app.yml ./
USER node
EXPOSE 3000
# 503 while it drains.
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# As itself, not through npm, so that SIGTERM reaches it and it drains.
CMD ["node", "dist/index.js"]
