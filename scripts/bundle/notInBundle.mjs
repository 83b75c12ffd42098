throw new Error("fastify asks for its own compiler of schemas: name another where the server is made");
