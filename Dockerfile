# One image for api, worker and projector: `docker run putlog worker`. Node runs the TypeScript as it is.
ARG NODE_IMAGE=node:24-slim
FROM ${NODE_IMAGE}

ENV NODE_ENV=production
WORKDIR /app

# No install scripts: sharp comes prebuilt, and the npm package `node` would fetch a second Node.
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund && npm cache clean --force

COPY . .

USER node
EXPOSE 3000
ENTRYPOINT ["node", "--max-semi-space-size=16", "cli/putlog.js"]
CMD ["api"]
