"""HTTP, WebSocket, SSE, limits: the GraphQL API over its transports."""
