-- What a claim reads: the longest due of each platform, what a person waits for apart from the rest. The index by moment
-- alone served nothing else that walking what is open does not serve as well.

CREATE INDEX operations_claim ON operations (platform, person, due_at, id) WHERE is_open;
DROP INDEX operations_due;
