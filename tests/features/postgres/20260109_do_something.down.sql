-- 20260109 do something: undo

DO 'BEGIN EXECUTE ''DROP TABLE "made one", "made two; 2", "made thrée"''; END';
