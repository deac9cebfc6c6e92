CREATE DATABASE campaigns CHARACTER SET utf8mb4;
USE campaigns;
CREATE TABLE optin_status (
  userid VARCHAR(50) PRIMARY KEY,
  phone VARCHAR(20),
  optin TINYINT NOT NULL DEFAULT 1,
  lastupdate TIMESTAMP DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP
);
INSERT INTO optin_status (userid, phone) VALUES
  ('user1', '+12341111111'), ('user2', '+12341111112'), ('user3', '+12341111113'),
  ('user4', '+12341111114'), ('user5', '+12341111115'), ('user6', '+12341111116'),
  ('user7', '+12341111117'), ('user8', '+12341111118'), ('user9', '+12341111119');
