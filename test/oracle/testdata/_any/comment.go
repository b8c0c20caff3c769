// only a comment 🙂
